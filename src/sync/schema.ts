/**
 * What was synced: of every file the CID that its etag stood for, of every folder a digest of its children. A row is only as
 * good as the blocks behind it. So each belongs to a batch, and a batch is under something that the node keeps: those up to
 * `settled` under the last root, later ones, of a run that has not ended, under a keep of their own.
 */
export const MIGRATIONS: readonly string[] = [
  `create table scope (
     id integer primary key,
     key text not null unique,
     used integer not null,
     root integer,
     settled integer not null default 0
   ) strict;
   create table keep (
     id integer primary key autoincrement,
     scope integer not null references scope(id) on delete cascade,
     salt text not null, -- other data folders can have keeps in the same node
     cid text not null
   ) strict;
   create index keep_scope on keep(scope);
   create table folder (
     id integer primary key,
     scope integer unique references scope(id) on delete cascade,
     parent integer references folder(id) on delete cascade,
     name text not null,
     digest blob,
     cid text,
     tsize integer,
     unique (parent, name)
   ) strict;
   create table file (
     folder integer not null references folder(id) on delete cascade,
     name text not null,
     stamp text not null,
     cid text not null,
     tsize integer not null,
     batch integer not null,
     primary key (folder, name)
   ) strict, without rowid;`,
  // Of a folder that was made like one in IPFS: a CID of the content that a file had at an etag. No block is behind it.
  `create table content (
     scope integer not null references scope(id) on delete cascade,
     path text not null,
     etag text not null,
     cid text not null,
     primary key (scope, path)
   ) strict, without rowid;`,
]
