CREATE TABLE `deprecated_uses` (
	`day` text NOT NULL,
	`version` text NOT NULL,
	`method` text NOT NULL,
	`route` text NOT NULL,
	`consumer_type` text NOT NULL,
	`consumer_id` text NOT NULL,
	`user_id` text,
	`requests` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`day`, `method`, `route`, `consumer_type`, `consumer_id`)
);
--> statement-breakpoint
CREATE INDEX `deprecated_uses_user` ON `deprecated_uses` (`user_id`);