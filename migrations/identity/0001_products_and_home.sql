-- A check of a table cannot be changed, so `accounts` is made anew. D1 always enforces foreign keys, and dropping a table
-- deletes its rows first: with `credentials` and `sessions` still pointing at it, every password and session would go
-- with it. So these two are copied to point at the new table before the old one is dropped.
CREATE TABLE `new_accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer NOT NULL,
	`image` text,
	`role` text NOT NULL,
	`product` text DEFAULT 'free' NOT NULL,
	`home_country` text,
	`banned` integer,
	`ban_reason` text,
	`ban_expires` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "accounts_email" CHECK("email" = lower("email")),
	CONSTRAINT "accounts_role" CHECK("role" IN ('listener', 'artist', 'label', 'admin', 'job')),
	CONSTRAINT "accounts_product" CHECK("product" IN ('free', 'premium', 'family')),
	CONSTRAINT "accounts_home_country" CHECK("home_country" GLOB '[A-Z][A-Z]')
) STRICT;
--> statement-breakpoint
INSERT INTO `new_accounts` (`id`, `name`, `email`, `email_verified`, `image`, `role`, `product`, `banned`, `ban_reason`, `ban_expires`, `created_at`, `updated_at`)
SELECT `id`, `name`, `email`, `email_verified`, `image`, `role`, `product`, `banned`, `ban_reason`, `ban_expires`, `created_at`, `updated_at` FROM `accounts`;
--> statement-breakpoint
CREATE TABLE `new_credentials` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`provider_account_id` text NOT NULL,
	`password_hash` text,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `new_accounts`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
INSERT INTO `new_credentials` (`id`, `account_id`, `provider_id`, `provider_account_id`, `password_hash`, `access_token`, `refresh_token`, `id_token`, `access_token_expires_at`, `refresh_token_expires_at`, `scope`, `created_at`, `updated_at`)
SELECT `id`, `account_id`, `provider_id`, `provider_account_id`, `password_hash`, `access_token`, `refresh_token`, `id_token`, `access_token_expires_at`, `refresh_token_expires_at`, `scope`, `created_at`, `updated_at` FROM `credentials`;
--> statement-breakpoint
DROP TABLE `credentials`;
--> statement-breakpoint
CREATE TABLE `new_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`impersonated_by` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `new_accounts`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
INSERT INTO `new_sessions` (`id`, `account_id`, `token`, `expires_at`, `ip_address`, `user_agent`, `impersonated_by`, `created_at`, `updated_at`)
SELECT `id`, `account_id`, `token`, `expires_at`, `ip_address`, `user_agent`, `impersonated_by`, `created_at`, `updated_at` FROM `sessions`;
--> statement-breakpoint
DROP TABLE `sessions`;
--> statement-breakpoint
DROP TABLE `accounts`;
--> statement-breakpoint
ALTER TABLE `new_accounts` RENAME TO `accounts`;
--> statement-breakpoint
ALTER TABLE `new_credentials` RENAME TO `credentials`;
--> statement-breakpoint
ALTER TABLE `new_sessions` RENAME TO `sessions`;
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_by_email` ON `accounts` (`email`);
--> statement-breakpoint
CREATE INDEX `credentials_by_account` ON `credentials` (`account_id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `credentials_by_provider` ON `credentials` (`provider_id`,`provider_account_id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_by_token` ON `sessions` (`token`);
--> statement-breakpoint
CREATE INDEX `sessions_by_account` ON `sessions` (`account_id`);
