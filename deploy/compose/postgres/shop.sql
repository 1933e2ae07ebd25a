-- The sample database of docker-compose.yml: a small table, and a role that may read and follow it.
-- Runs once, when the database is made; the password is that of SHOP_DATABASE_URL.
create table products (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null,
  category text not null,
  price numeric(10, 2) not null,
  status text not null default 'sold'
);

insert into products (name, description, category, price, status) values
  ('Storm lantern', 'A brass lantern that stays lit in a gale. Burns lamp oil for eighteen hours.', 'light', 79.00, 'sold'),
  ('Tide clock', 'Shows the hours until the next high and low water on coasts with two tides a day.', 'instruments', 54.50, 'sold'),
  ('Sounding line', 'Twenty fathoms of plaited hemp with leather marks and a seven pound lead.', 'instruments', 38.00, 'sold'),
  ('Oilskin coat', 'Waxed cotton, lined with wool. Keeps a whole watch dry.', 'clothing', 129.00, 'sold'),
  ('Signal flags', 'The forty flags of the international code in a canvas roll.', 'signals', 210.00, 'sold'),
  ('Whale oil lamp', 'Sold to museums until the stock was gone.', 'light', 340.00, 'discontinued');

create role tidemark login replication password 'development-only';
grant select on products to tidemark;
-- For its probe: a row of its own.
grant insert, update, delete on products to tidemark;
create publication tidemark_shop for table products;
