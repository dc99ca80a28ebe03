CREATE TABLE `takedowns` (
	`id` text PRIMARY KEY NOT NULL,
	`recording_id` text NOT NULL,
	`requested_by` text NOT NULL,
	`reason` text NOT NULL,
	`requested_at` integer NOT NULL,
	`lifted_by` text,
	`lifted_at` integer,
	`attempted_at` integer DEFAULT 0 NOT NULL,
	`carried_out_at` integer,
	FOREIGN KEY (`recording_id`) REFERENCES `recordings`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "takedowns_lifted" CHECK(("takedowns"."lifted_at" IS NULL) = ("takedowns"."lifted_by" IS NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `takedowns_in_force` ON `takedowns` (`recording_id`,`requested_by`) WHERE lifted_at IS NULL;--> statement-breakpoint
CREATE INDEX `uploads_by_sha256` ON `uploads` (`sha256`);--> statement-breakpoint
ALTER TABLE `renditions` ADD `header_bytes` integer;