CREATE TABLE `file_usage` (
	`owner_id` text PRIMARY KEY NOT NULL,
	`bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `files` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_id` text NOT NULL,
	`name` text NOT NULL,
	`mime_type` text NOT NULL,
	`size` integer NOT NULL,
	`sha256` text,
	`width` integer,
	`height` integer,
	`visibility` text NOT NULL,
	`status` text NOT NULL,
	`variants` text,
	`variants_leased_until` integer,
	`missing_since` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `files_owner_created` ON `files` (`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `files_owner_name` ON `files` (`owner_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `files_owner_size` ON `files` (`owner_id`,`size`,`id`);--> statement-breakpoint
CREATE INDEX `files_created` ON `files` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `files_size` ON `files` (`size`,`id`);--> statement-breakpoint
CREATE INDEX `files_unsettled` ON `files` (`created_at`) WHERE status <> 'ready';--> statement-breakpoint
ALTER TABLE `notifications` DROP COLUMN `mailed_at`;