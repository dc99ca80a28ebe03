CREATE TABLE `recording_credits` (
	`recording_id` text NOT NULL,
	`position` integer NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	PRIMARY KEY(`recording_id`, `position`),
	FOREIGN KEY (`recording_id`) REFERENCES `recordings`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "recording_credits_role" CHECK("recording_credits"."role" IN ('performer', 'featured', 'composer', 'lyricist', 'arranger', 'producer', 'engineer', 'mixer', 'mastering', 'remixer'))
) STRICT;
--> statement-breakpoint
CREATE TABLE `split_shares` (
	`recording_id` text NOT NULL,
	`version` integer NOT NULL,
	`position` integer NOT NULL,
	`party` text NOT NULL,
	`role` text NOT NULL,
	`basis_points` integer NOT NULL,
	PRIMARY KEY(`recording_id`, `version`, `position`),
	CONSTRAINT "split_shares_role" CHECK("split_shares"."role" IN ('performer', 'composer', 'lyricist', 'producer', 'label', 'publisher', 'other')),
	CONSTRAINT "split_shares_points" CHECK("split_shares"."basis_points" BETWEEN 1 AND 10000)
) STRICT;
--> statement-breakpoint
CREATE TABLE `split_sheets` (
	`recording_id` text NOT NULL,
	`version` integer NOT NULL,
	`effective_at` integer NOT NULL,
	`created_by` text NOT NULL,
	PRIMARY KEY(`recording_id`, `version`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `deletions` (
	`entity_id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`owner_account_id` text NOT NULL,
	`release_id` text,
	`name` text NOT NULL,
	`isrc` text,
	`deleted_at` integer NOT NULL,
	CONSTRAINT "deletions_kind" CHECK("deletions"."kind" IN ('track', 'release', 'artist'))
) STRICT;
--> statement-breakpoint
CREATE INDEX `deletions_by_release` ON `deletions` (`release_id`) WHERE release_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `object_deletions` (
	`object_key` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`due_at` integer NOT NULL,
	`is_cleared` integer DEFAULT false NOT NULL,
	CONSTRAINT "object_deletions_state" CHECK("object_deletions"."state" IN ('unreferenced', 'deleting'))
) STRICT;
--> statement-breakpoint
CREATE INDEX `object_deletions_by_due` ON `object_deletions` (`due_at`);--> statement-breakpoint
ALTER TABLE `artists` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `recordings` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `recordings_by_master` ON `recordings` (`master_sha256`) WHERE master_sha256 IS NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `releases_by_cover` ON `releases` (`cover_sha256`) WHERE cover_sha256 IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `masters_by_object_key` ON `masters` (`object_key`);--> statement-breakpoint
CREATE INDEX `renditions_by_sha256` ON `renditions` (`sha256`);--> statement-breakpoint
-- A sheet is what was agreed at its instant: another agreement is another version.
CREATE TRIGGER split_sheets_stay BEFORE UPDATE ON split_sheets
BEGIN
  SELECT RAISE(ABORT, 'a split sheet is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER split_sheets_remain BEFORE DELETE ON split_sheets
BEGIN
  SELECT RAISE(ABORT, 'a split sheet is never deleted');
END;
--> statement-breakpoint
CREATE TRIGGER split_shares_stay BEFORE UPDATE ON split_shares
BEGIN
  SELECT RAISE(ABORT, 'a split sheet is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER split_shares_remain BEFORE DELETE ON split_shares
BEGIN
  SELECT RAISE(ABORT, 'a split sheet is never deleted');
END;
