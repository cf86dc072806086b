CREATE TABLE `backups` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`size` integer,
	`sha256` text,
	`encrypted` integer DEFAULT false NOT NULL,
	`verified` integer,
	`verified_at` integer,
	`problem` text,
	`requested_by` text,
	`created_at` integer NOT NULL,
	`completed_at` integer
);
--> statement-breakpoint
CREATE INDEX `backups_created` ON `backups` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `backups_status` ON `backups` (`status`);--> statement-breakpoint
CREATE TABLE `erasures` (
	`digest` text PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL
);
