DROP INDEX `notifications_unread`;--> statement-breakpoint
ALTER TABLE `notifications` ADD `in_app` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX `notifications_unread` ON `notifications` (`user_id`,`in_app`) WHERE read_at is null;