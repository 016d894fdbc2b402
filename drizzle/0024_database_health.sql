CREATE TABLE "database_sizes" (
	"day" date NOT NULL,
	"name" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"bytes" bigint NOT NULL,
	CONSTRAINT "database_sizes_pkey" PRIMARY KEY("day","name")
);
--> statement-breakpoint
ALTER TABLE "database_sizes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "drift_repairs" (
	"day" date NOT NULL,
	"repair" text NOT NULL,
	"count" integer NOT NULL,
	"latest_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "drift_repairs_pkey" PRIMARY KEY("day","repair")
);
--> statement-breakpoint
ALTER TABLE "drift_repairs" ENABLE ROW LEVEL SECURITY;