CREATE TABLE `qualified_plays` (
	`playback_id` text PRIMARY KEY NOT NULL,
	`recording_id` text NOT NULL,
	`subject_id` text NOT NULL,
	`country` text NOT NULL,
	`commercial_model` text NOT NULL,
	`duration_ms` integer NOT NULL,
	`played_at` integer NOT NULL,
	`recorded_at` integer NOT NULL,
	CONSTRAINT "qualified_plays_country" CHECK(length("qualified_plays"."country") = 2),
	CONSTRAINT "qualified_plays_commercial_model" CHECK("qualified_plays"."commercial_model" IN ('AdvertisementSupportedModel', 'SubscriptionModel')),
	CONSTRAINT "qualified_plays_duration" CHECK("qualified_plays"."duration_ms" > 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `qualified_plays_by_recording` ON `qualified_plays` (`recording_id`,`played_at`);