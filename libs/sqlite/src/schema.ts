/**
 * The tables, as steps that are only ever added to: `user_version` is the number of steps a file
 * has taken.
 *
 * A record's `place` is `lane * 2^38 + offset`, so a partition is one stretch of the table, a topic
 * is the stretch of its consecutive lanes, and both numbers stay safe integers.
 *
 * A vector's row is never used again and keeps its number when its point is swept and it moves to
 * the cache; readers that hold copies of vectors rely on that.
 */
export const migrations: readonly string[] = [
  `
  create table topic (
    name text primary key,
    id text not null,
    first_lane integer not null,
    partitions integer not null
  );

  create table lane (
    lane integer primary key autoincrement,
    next_offset integer not null default 0,
    -- The first offset that retention left; compaction does not move it.
    begin_offset integer not null default 0,
    -- Records below were looked at by compaction.
    compacted_offset integer not null default 0
  );

  create table record (
    place integer primary key,
    key text not null,
    value text,
    appended_at real not null
  );
  create index record_key on record (key);

  create table progress (
    topic text not null,
    consumer text not null,
    partition integer not null,
    next_offset integer not null,
    primary key (topic, consumer, partition)
  ) without rowid;

  create table generation (
    number integer primary key autoincrement,
    name text not null unique,
    dimension integer not null
  );

  -- Distinct pairs of the policy last seen and the policy of the live content, as long as a document
  -- has them. They are immutable, and no number is used again.
  create table audience (
    audience integer primary key autoincrement,
    policies text not null unique
  );

  -- One row a document and generation. Points may come before the manifest: then token is null.
  create table document (
    document integer primary key autoincrement,
    generation integer not null,
    id text not null,
    token text,
    source text,
    standing text,
    archived integer,
    failed integer,
    pending integer,
    observed_at real,
    chunks integer,
    seen_epoch integer,
    seen_position integer,
    seen_at real,
    deleted integer,
    source_digest text,
    -- Null while nobody may find it.
    audience integer,
    -- Grows with every change of the generation that a search must know of.
    changed integer,
    manifest text,
    -- Packed digests of the live points, in reading order.
    live blob
  );
  create unique index document_id on document (generation, id);
  create index document_audience on document (audience) where audience is not null;
  create index document_changed on document (generation, changed) where changed is not null;
  create index document_counts on document (
    generation, source, deleted, standing, archived, failed, pending, observed_at, chunks, seen_epoch
  ) where token is not null;

  create table vector (
    vector integer primary key autoincrement,
    data blob not null
  );

  create table point (
    -- The vector's row too.
    point integer primary key,
    document integer not null,
    digest text not null,
    id text not null,
    epoch integer not null,
    position integer not null,
    text_hash text not null,
    chunk_hash text not null,
    tenant text not null,
    embedded_at real not null,
    heading text not null,
    text text not null
  );
  create unique index point_document on point (document, digest);
  create index point_id on point (id);
  create index point_text on point (text_hash);

  -- Vectors of swept points, the oldest forgotten first.
  create table vector_cache (
    entry integer primary key autoincrement,
    vector integer not null,
    generation integer not null,
    tenant text not null,
    text_hash text not null
  );
  create index vector_cache_text on vector_cache (text_hash);
  `,
  `
  -- How old vectors are is counted from this alone.
  create index point_embedded on point (document, embedded_at);
  `,
];
