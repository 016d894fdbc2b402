ALTER TABLE "provider_calls" ADD COLUMN "refusal" jsonb;--> statement-breakpoint
ALTER TABLE "provider_calls" ADD COLUMN "cost_stated" boolean DEFAULT false NOT NULL;