CREATE TABLE "model_abilities" (
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"max_tokens_param" text NOT NULL,
	"json" text NOT NULL,
	"learned_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_abilities_pkey" PRIMARY KEY("provider","model")
);
--> statement-breakpoint
ALTER TABLE "model_abilities" ENABLE ROW LEVEL SECURITY;