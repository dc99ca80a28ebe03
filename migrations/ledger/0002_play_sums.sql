CREATE TABLE `play_shards` (
	`shard` text PRIMARY KEY NOT NULL,
	`news_round` integer NOT NULL,
	`added_round` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `recording_days` (
	`day` text NOT NULL,
	`block` text NOT NULL,
	`plays` text NOT NULL,
	PRIMARY KEY(`day`, `block`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `recording_totals` (
	`block` text PRIMARY KEY NOT NULL,
	`plays` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `roll_up` (
	`id` integer PRIMARY KEY NOT NULL,
	`step` integer NOT NULL,
	`phase` text NOT NULL,
	`moved_at` integer NOT NULL,
	`part` integer NOT NULL,
	`parts` integer NOT NULL,
	`plan` text NOT NULL,
	CONSTRAINT "roll_up_one" CHECK("roll_up"."id" = 1),
	CONSTRAINT "roll_up_phase" CHECK("roll_up"."phase" IN ('idle', 'closing', 'adding'))
) STRICT;
--> statement-breakpoint
ALTER TABLE `qualified_plays` ADD `in_sums` integer DEFAULT 0 NOT NULL;