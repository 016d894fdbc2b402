CREATE TABLE "provider_gates" (
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"code" text NOT NULL,
	"closed_until" timestamp with time zone NOT NULL,
	"trial_until" timestamp with time zone,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"refusals" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "provider_gates_pkey" PRIMARY KEY("provider","model")
);
--> statement-breakpoint
ALTER TABLE "provider_gates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"daily_budget_usd" numeric(20, 12),
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_daily_budget_not_negative" CHECK ("tenants"."daily_budget_usd" >= 0)
);
--> statement-breakpoint
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"queues" text[] NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workers" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "articles" ADD COLUMN "needs_review" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "workers_seen_at" ON "workers" USING btree ("seen_at");