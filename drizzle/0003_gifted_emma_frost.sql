DROP INDEX `users_deleted`;--> statement-breakpoint
CREATE INDEX `users_deleted` ON `users` (`created_at`,`id`) WHERE deleted_at is not null;