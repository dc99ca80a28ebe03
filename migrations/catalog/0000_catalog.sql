CREATE TABLE `artists` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_account_id` text NOT NULL,
	`name` text NOT NULL,
	`name_key` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `artists_by_owner_and_name` ON `artists` (`owner_account_id`,`name_key`);--> statement-breakpoint
CREATE TABLE `deals` (
	`id` text PRIMARY KEY NOT NULL,
	`release_id` text NOT NULL,
	`territories` text NOT NULL,
	`excluded_territories` text NOT NULL,
	`commercial_models` text NOT NULL,
	`use_types` text NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`release_id`) REFERENCES `releases`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "deals_window" CHECK("deals"."ends_at" IS NULL OR "deals"."ends_at" > "deals"."starts_at")
) STRICT;
--> statement-breakpoint
CREATE INDEX `deals_by_release` ON `deals` (`release_id`);--> statement-breakpoint
CREATE TABLE `masters` (
	`sha256` text PRIMARY KEY NOT NULL,
	`object_key` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`content_type` text NOT NULL,
	`duration_ms` integer,
	`source_codec` text,
	`source_sample_rate` integer,
	`source_channels` integer,
	`loudness_lufs` real,
	`true_peak_dbtp` real,
	`encoder` text,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `recording_artists` (
	`recording_id` text NOT NULL,
	`position` integer NOT NULL,
	`artist_id` text NOT NULL,
	PRIMARY KEY(`recording_id`, `position`),
	FOREIGN KEY (`recording_id`) REFERENCES `recordings`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`artist_id`) REFERENCES `artists`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `recording_artists_by_artist` ON `recording_artists` (`artist_id`,`recording_id`);--> statement-breakpoint
CREATE TABLE `recordings` (
	`id` text PRIMARY KEY NOT NULL,
	`release_id` text NOT NULL,
	`title` text NOT NULL,
	`disc_number` integer NOT NULL,
	`track_number` integer NOT NULL,
	`isrc` text,
	`explicit` integer NOT NULL,
	`master_sha256` text,
	`published_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`release_id`) REFERENCES `releases`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`master_sha256`) REFERENCES `masters`(`sha256`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `recordings_by_release` ON `recordings` (`release_id`,`disc_number`,`track_number`);--> statement-breakpoint
CREATE TABLE `releases` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_account_id` text NOT NULL,
	`artist_id` text NOT NULL,
	`title` text NOT NULL,
	`title_key` text NOT NULL,
	`type` text NOT NULL,
	`label` text NOT NULL,
	`upc` text,
	`release_at` integer NOT NULL,
	`published_at` integer,
	`cover_sha256` text,
	`cover_extension` text,
	`idempotency_key` text NOT NULL,
	`request_sha256` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`artist_id`) REFERENCES `artists`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "releases_type" CHECK("releases"."type" IN ('album', 'single', 'ep', 'compilation'))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `releases_by_idempotency_key` ON `releases` (`owner_account_id`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `releases_by_owner` ON `releases` (`owner_account_id`,`id`);--> statement-breakpoint
CREATE INDEX `releases_by_artist` ON `releases` (`artist_id`,`release_at`);--> statement-breakpoint
CREATE INDEX `releases_by_date` ON `releases` (`release_at`) WHERE published_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `renditions` (
	`master_sha256` text NOT NULL,
	`profile` text NOT NULL,
	`sha256` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`bitrate_kbps` integer NOT NULL,
	`sample_rate` integer NOT NULL,
	`channels` integer NOT NULL,
	`total_frames` integer NOT NULL,
	`start_skip_frames` integer NOT NULL,
	`seek_points` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`master_sha256`, `profile`),
	FOREIGN KEY (`master_sha256`) REFERENCES `masters`(`sha256`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `search_entries` (
	`rowid` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`entity_id` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `search_entries_by_entity` ON `search_entries` (`kind`,`entity_id`);--> statement-breakpoint
CREATE TABLE `upload_transitions` (
	`from_state` text NOT NULL,
	`to_state` text NOT NULL,
	PRIMARY KEY(`from_state`, `to_state`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_account_id` text NOT NULL,
	`recording_id` text NOT NULL,
	`state` text NOT NULL,
	`reject_code` text,
	`reject_detail` text,
	`file_name` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`content_type` text NOT NULL,
	`sha256` text NOT NULL,
	`transcode_progress` real,
	`idempotency_key` text NOT NULL,
	`request_sha256` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`recording_id`) REFERENCES `recordings`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "uploads_state" CHECK("uploads"."state" IN ('PENDING', 'UPLOADED', 'TRANSCODING', 'READY', 'PUBLISHED', 'REJECTED')),
	CONSTRAINT "uploads_reason" CHECK(("uploads"."state" = 'REJECTED') = ("uploads"."reject_code" IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `uploads_by_idempotency_key` ON `uploads` (`owner_account_id`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `uploads_by_recording` ON `uploads` (`recording_id`,`id`);