CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text
);
--> statement-breakpoint
DROP INDEX `emails_created`;--> statement-breakpoint
CREATE INDEX `emails_created` ON `emails` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_admin` ON `sessions` (`admin_id`) WHERE admin_id is not null;