/**
 * Changes that Postgres itself makes, so that no client's speed bounds them: a procedure that commits
 * as it goes, at a rate that is held, and tells what it has committed in notices.
 */

/** What is told of, each a number of rows or of transactions. */
export const churnKinds = [
  "inserted",
  "updated",
  "textLeftOut",
  "deleted",
  "deletedAndInserted",
  "keyChanged",
  "changedAgainInOneTransaction",
  "rolledBackTransactions",
  "refusedTransactions",
] as const;
export type ChurnKind = (typeof churnKinds)[number];

export const churnedTableSql = `
create table items (id bigint primary key, title text not null, body text, visits int not null default 0);
alter table items alter column body set storage external;
create table churning (low bigint not null, high bigint not null, per_second float8 not null, is_on boolean not null);
insert into churning values (0, 1, 1, false);`;

/** The table at the beginning: every eighth key is free, every tenth has a text that is stored apart. */
export function filledSql(keys: number): string {
  return `insert into items
    select n, md5(n::text), case when n % 10 = 0 then repeat(md5(n::text), 100) else md5(n::text) end
    from generate_series(0, ${keys - 1}) n where n % 8 > 0;`;
}

const pair = (kind: string) => `'${kind}', ${kind.toLowerCase()}`;
const told = churnKinds.map(pair).join(", ");
const declared = churnKinds.map((kind) => `${kind.toLowerCase()} bigint := 0;`).join(" ");

/** `share` of the rate that `churning` says; it ends when that says so. */
export const churnSql = `
create procedure churn(seed float8, share float8) language plpgsql as $churn$
declare
  c churning; ${declared}
  due timestamptz := clock_timestamp(); told_at timestamptz := clock_timestamp();
  kind float8; k bigint; other bigint; n bigint; done bigint; took bigint[];
begin
  perform setseed(seed);
  loop
    select * into c from churning;
    exit when not c.is_on;
    done := 0;
    took := array[0, 0, 0, 0, 0, 0, 0];
    begin
      for at in 1..1 + floor(random() * 3)::int loop
        k := c.low + floor(random() * (c.high - c.low))::bigint;
        kind := random();
        if kind < 0.25 then
          insert into items values (k, md5(random()::text), case when random() < 0.2 then repeat(md5(random()::text), 100) else md5(random()::text) end)
            on conflict (id) do update set title = excluded.title, body = excluded.body;
          get diagnostics n = row_count; took[1] := took[1] + n;
        elsif kind < 0.5 then
          update items set title = md5(random()::text) where id = k;
          get diagnostics n = row_count; took[2] := took[2] + n;
        elsif kind < 0.6 then
          -- Of those that have a long text at the beginning.
          k := k / 10 * 10;
          update items set visits = visits + 1 where id = k and length(body) > 3000;
          get diagnostics n = row_count; took[3] := took[3] + n;
          if n = 0 then
            update items set body = repeat(md5(random()::text), 100) where id = k;
            get diagnostics n = row_count; took[2] := took[2] + n;
          end if;
        elsif kind < 0.7 then
          delete from items where id = k;
          get diagnostics n = row_count; took[4] := took[4] + n;
        elsif kind < 0.75 then
          delete from items where id = k;
          insert into items values (k, md5(random()::text), md5(random()::text));
          n := 2; took[5] := took[5] + n;
        elsif kind < 0.87 then
          -- Of those that are free at the beginning.
          other := c.low + floor(random() * (c.high - c.low))::bigint / 8 * 8;
          update items set id = other where id = k and not exists (select from items where id = other);
          get diagnostics n = row_count; took[6] := took[6] + n;
        else
          update items set title = md5(random()::text) where id = k;
          update items set visits = visits + 1 where id = k;
          update items set title = md5(random()::text), body = md5(random()::text) where id = k;
          get diagnostics n = row_count; n := n * 3; took[7] := took[7] + n;
        end if;
        done := done + n;
      end loop;
    exception when unique_violation or lock_not_available or deadlock_detected then
      refusedTransactions := refusedTransactions + 1;
      done := 0;
      took := array[0, 0, 0, 0, 0, 0, 0];
    end;
    if done > 0 and random() < 0.05 then
      rollback;
      rolledBackTransactions := rolledBackTransactions + 1;
    else
      commit;
      inserted := inserted + took[1];
      updated := updated + took[2];
      textLeftOut := textLeftOut + took[3];
      deleted := deleted + took[4];
      deletedAndInserted := deletedAndInserted + took[5];
      keyChanged := keyChanged + took[6];
      changedAgainInOneTransaction := changedAgainInOneTransaction + took[7];
    end if;
    due := greatest(due, clock_timestamp() - interval '2 seconds') + make_interval(secs => done / (c.per_second * share));
    if clock_timestamp() - told_at > interval '100 milliseconds' then
      told_at := clock_timestamp();
      raise notice '%', jsonb_build_object(${told});
    end if;
    if due > clock_timestamp() then
      perform pg_sleep(extract(epoch from due - clock_timestamp()));
    end if;
  end loop;
  raise notice '%', jsonb_build_object(${told});
end
$churn$;`;
