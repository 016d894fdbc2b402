CREATE TABLE "publications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"article_id" uuid NOT NULL,
	"shop" text NOT NULL,
	"blog_id" text NOT NULL,
	"job_id" text NOT NULL,
	"handle" text NOT NULL,
	"state" text DEFAULT 'creating' NOT NULL,
	"shopify_id" text,
	"asked_at" timestamp with time zone,
	"missed_at" timestamp with time zone,
	"is_taken" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "publications_article_blog" UNIQUE("article_id","shop","blog_id"),
	CONSTRAINT "publications_state_known" CHECK ("publications"."state" in ('creating', 'draft', 'live')),
	CONSTRAINT "publications_created_has_id" CHECK (("publications"."state" = 'creating') = ("publications"."shopify_id" is null))
);
--> statement-breakpoint
ALTER TABLE "publications" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "shops" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"domain" text NOT NULL,
	"kind" text NOT NULL,
	"credentials" text NOT NULL,
	"token" text,
	"token_expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shops_tenant_domain" UNIQUE("tenant","domain"),
	CONSTRAINT "shops_kind_known" CHECK ("shops"."kind" in ('client_credentials', 'access_token')),
	CONSTRAINT "shops_domain_of_shopify" CHECK ("shops"."domain" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.myshopify\.com$'),
	CONSTRAINT "shops_token_expires" CHECK (("shops"."token" is null) = ("shops"."token_expires_at" is null))
);
--> statement-breakpoint
ALTER TABLE "shops" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "publications" ADD CONSTRAINT "publications_article_id_articles_id_fk" FOREIGN KEY ("article_id") REFERENCES "public"."articles"("id") ON DELETE cascade ON UPDATE no action;