CREATE TABLE `people_search` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`mailbox` text NOT NULL,
	`domain` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_search_user_id_unique` ON `people_search` (`user_id`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`name` text collate nocase NOT NULL,
	`role` text NOT NULL,
	`locale` text DEFAULT 'en' NOT NULL,
	`timezone` text DEFAULT 'UTC' NOT NULL,
	`avatar_file_id` text,
	`email_verified_at` integer,
	`two_factor_enabled_at` integer,
	`banned_at` integer,
	`banned_until` integer,
	`ban_reason` text,
	`deletion_scheduled_at` integer,
	`deleted_at` integer,
	`deleted_by` text,
	`last_seen_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`role`) REFERENCES `roles`(`name`) ON UPDATE cascade ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `__new_users`("id", "email", "name", "role", "locale", "timezone", "avatar_file_id", "email_verified_at", "two_factor_enabled_at", "banned_at", "banned_until", "ban_reason", "deletion_scheduled_at", "deleted_at", "deleted_by", "last_seen_at", "created_at", "updated_at", "version") SELECT "id", "email", "name", "role", "locale", "timezone", "avatar_file_id", "email_verified_at", "two_factor_enabled_at", "banned_at", "banned_until", "ban_reason", "deletion_scheduled_at", "deleted_at", "deleted_by", "last_seen_at", "created_at", "updated_at", "version" FROM `users`;--> statement-breakpoint
DROP TABLE `users`;--> statement-breakpoint
ALTER TABLE `__new_users` RENAME TO `users`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_alive` ON `users` (`email`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `users_created` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_name` ON `users` (`name`,`id`);--> statement-breakpoint
CREATE INDEX `users_seen` ON `users` (`last_seen_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_role` ON `users` (`role`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_unverified` ON `users` (`created_at`,`id`) WHERE email_verified_at is null;--> statement-breakpoint
CREATE INDEX `users_banned` ON `users` (`created_at`,`id`) WHERE banned_at is not null;--> statement-breakpoint
CREATE INDEX `users_deleted` ON `users` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `users_deletion` ON `users` (`deletion_scheduled_at`) WHERE deletion_scheduled_at is not null;