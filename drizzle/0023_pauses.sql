CREATE TABLE "pauses" (
	"scope" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"reason" text,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pauses_pkey" PRIMARY KEY("scope","name"),
	CONSTRAINT "pauses_scope_known" CHECK ("pauses"."scope" in ('all', 'type', 'tenant')),
	CONSTRAINT "pauses_all_has_no_name" CHECK (("pauses"."scope" = 'all') = ("pauses"."name" = ''))
);
--> statement-breakpoint
ALTER TABLE "pauses" ENABLE ROW LEVEL SECURITY;