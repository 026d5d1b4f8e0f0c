/** Migration n brings the blocks' index from version n to n + 1; what has been released is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE block (
    multihash  BLOB PRIMARY KEY,
    size       INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0, -- of the last put: what collection compares
    content    BLOB                        -- NULL: in a file
  ) STRICT`,
  `
  CREATE TABLE epoch (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL, -- that puts give; every collection begins a new one
    collecting INTEGER NOT NULL  -- 1 while a collection runs, and after one that died
  ) STRICT;
  INSERT INTO epoch VALUES (1, 1, 0);
  CREATE TABLE process (id INTEGER PRIMARY KEY AUTOINCREMENT, lock TEXT NOT NULL, pid INTEGER NOT NULL) STRICT;
  CREATE TABLE guard (
    id         INTEGER PRIMARY KEY,
    owner      INTEGER NOT NULL REFERENCES process(id),
    generation INTEGER NOT NULL, -- nothing that was put since is collected
    cid        TEXT              -- nor anything below this
  ) STRICT;
  CREATE INDEX guard_owner ON guard(owner)`,
  `
  CREATE TABLE total (one INTEGER PRIMARY KEY CHECK (one = 1), objects INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO total SELECT 1, count(*), coalesce(sum(size), 0) FROM block;
  CREATE TRIGGER block_comes AFTER INSERT ON block BEGIN UPDATE total SET objects = objects + 1, bytes = bytes + new.size; END;
  CREATE TRIGGER block_goes AFTER DELETE ON block BEGIN UPDATE total SET objects = objects - 1, bytes = bytes - old.size; END`,
  `
  -- 0: kept for undo only, and nothing for who asks the node by CID
  ALTER TABLE block ADD COLUMN shown INTEGER NOT NULL DEFAULT 1`,
  `
  -- CRC-32 of the content, of when it was put and verified; NULL: put before this column was
  ALTER TABLE block ADD COLUMN crc INTEGER`,
  'CREATE TABLE head (name TEXT PRIMARY KEY, cid TEXT NOT NULL) STRICT',
]
