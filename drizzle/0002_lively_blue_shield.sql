DROP INDEX `events_created`;--> statement-breakpoint
DROP INDEX `jobs_open`;--> statement-breakpoint
DROP INDEX `jobs_leased`;--> statement-breakpoint
DROP INDEX `jobs_finished`;--> statement-breakpoint
CREATE INDEX `jobs_waiting` ON `jobs` (`queue`,"priority" desc,`run_at`,`id`) WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX `jobs_running` ON `jobs` (`leased_until`) WHERE status = 'running';