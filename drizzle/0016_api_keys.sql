CREATE TABLE "api_key_minutes" (
	"key_id" text PRIMARY KEY NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"taken" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_key_minutes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"scopes" text[] NOT NULL,
	"secret_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_tenant_not_empty" CHECK ("api_keys"."tenant" <> ''),
	CONSTRAINT "api_keys_secret_hash_sha256" CHECK ("api_keys"."secret_hash" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "token_secret" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"secret" text NOT NULL,
	CONSTRAINT "token_secret_single_row" CHECK ("token_secret"."id" = 1)
);
--> statement-breakpoint
ALTER TABLE "token_secret" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_key_minutes" ADD CONSTRAINT "api_key_minutes_key_id_api_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."api_keys"("id") ON DELETE cascade ON UPDATE no action;