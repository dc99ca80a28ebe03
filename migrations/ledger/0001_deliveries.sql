CREATE TABLE `delivered_hours` (
	`hour` integer NOT NULL,
	`country` text NOT NULL,
	`quality` text NOT NULL,
	`ranges` integer NOT NULL,
	`cache_ranges` integer NOT NULL,
	`cache_bytes` integer NOT NULL,
	`origin_bytes` integer NOT NULL,
	PRIMARY KEY(`hour`, `country`, `quality`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `delivery_reports` (
	`id` text PRIMARY KEY NOT NULL,
	`taken_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `delivery_reports_by_time` ON `delivery_reports` (`taken_at`);