/**
 * Migration n brings the journal from version n to n + 1; what has been released is never edited.
 *
 * A change is open while it has an owner, and an open change is the lock on its places: the indexes `open_…` hold only
 * those. Process ids are never used twice, so that one that was declared dead can own nothing any more.
 */
export const MIGRATIONS: readonly string[] = [
  `create table process (
     id integer primary key autoincrement,
     lock text not null,
     pid integer not null
   ) strict;
   create table volume (id integer primary key, name text not null unique) strict;
   create table actor (
     id integer primary key,
     client text not null,
     version text not null,
     session text not null,
     tool text not null,
     unique (session, client, version, tool)
   ) strict;
   create table change (
     seq integer primary key,
     kind text not null,
     state text not null,
     volume integer not null references volume(id),
     path text not null,
     held text not null,
     shown text not null,
     from_volume integer references volume(id),
     from_path text,
     from_shown text,
     root integer not null,
     parent integer references change(seq),
     parts_only integer not null,
     undoes integer references change(seq),
     actor integer not null references actor(id),
     at integer not null,
     before text,
     after text,
     kept_in text,
     kept_ref text,
     reason text,
     owner integer references process(id)
   ) strict;
   create index change_place on change(volume, path, root);
   create index change_from on change(from_volume, from_path, root) where kind = 'move';
   create index change_parent on change(parent) where parent is not null;
   create index change_undoes on change(undoes) where undoes is not null;
   create index change_actor on change(actor, root);
   create index open_owner on change(owner) where owner is not null;
   create index open_place on change(volume, held) where owner is not null;
   create index open_from on change(from_volume, from_path) where owner is not null and kind = 'move';
   create table version (cid text primary key, content blob not null) strict;`,
  `create table content (
     volume integer not null references volume(id),
     path text not null,
     etag text not null,
     cid text not null,
     primary key (volume, path)
   ) strict, without rowid;`,
  `alter table content add column seq integer not null default 0`,
  `alter table change add column left_at integer`,
  `alter table change add column staging text`,
  `alter table change add column aside text;
   update change set aside = staging, staging = null where kind = 'undo'`,
]
