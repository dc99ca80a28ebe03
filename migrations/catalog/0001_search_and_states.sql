-- Search over what is published: titles and names, folded and without accents. rowid is that of search_entries.
CREATE VIRTUAL TABLE search_text USING fts5(
  name, artists, release,
  tokenize = "unicode61 remove_diacritics 2",
  prefix = '1 2 3 4'
);
--> statement-breakpoint
-- The same rows as UPLOAD_TRANSITIONS in domain/ingest/upload-states.ts; a test holds the two together.
INSERT INTO upload_transitions (from_state, to_state) VALUES
  ('PENDING', 'UPLOADED'), ('PENDING', 'REJECTED'),
  ('UPLOADED', 'TRANSCODING'), ('UPLOADED', 'REJECTED'),
  ('TRANSCODING', 'READY'), ('TRANSCODING', 'REJECTED'),
  ('READY', 'PUBLISHED'), ('READY', 'REJECTED');
--> statement-breakpoint
CREATE TRIGGER uploads_transition BEFORE UPDATE OF state ON uploads
WHEN NEW.state <> OLD.state AND NOT EXISTS (
  SELECT 1 FROM upload_transitions WHERE from_state = OLD.state AND to_state = NEW.state
)
BEGIN
  SELECT RAISE(ABORT, 'an upload cannot go from this state to that one');
END;
--> statement-breakpoint
CREATE TRIGGER uploads_begin BEFORE INSERT ON uploads WHEN NEW.state <> 'PENDING'
BEGIN
  SELECT RAISE(ABORT, 'an upload begins as PENDING');
END;
