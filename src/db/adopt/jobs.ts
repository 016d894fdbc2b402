// `o` is a row of the old table, as JSON.
export const createdAt = "coalesce((o->>'created_at')::timestamptz, now())";
export const seoScore =
  "case when (o->>'seo_score')::numeric between 0 and 100 then (o->>'seo_score')::numeric::integer end";

/** Takes the jobs of `origin` over as `taken`, with the two events of their history, and gives articles their job. */
export const insertJobs = `
  insert into generation_jobs (id, type, topic_id, article_id, request_data, status, phase, percentage, current_step,
    provider_used, cost, word_count, seo_score, result_data, error_code, error_message, error_retryable, last_error,
    created_at, started_at, completed_at, last_updated, attempts, max_attempts, event_count)
  select o->>'id', 'article', (select id from topics where id = (o->>'topic_id')::uuid),
    (select id from articles where id = (o->>'article_id')::uuid),
    case jsonb_typeof(o->'request_data') when 'object' then o->'request_data' else '{}' end, ended,
    case when ended = 'completed' then 'completed' when o->>'started_at' is null then 'queued' else 'analyzing' end,
    case when ended = 'completed' then 100 else least(100, greatest(0, coalesce((o->>'percentage')::integer, 0))) end,
    coalesce(o->>'current_step', ''), o->>'provider_used',
    case when (o->>'cost')::numeric >= 0 then (o->>'cost')::numeric end, (o->>'word_count')::integer, ${seoScore},
    nullif(o->'result_data', 'null'), error_code,
    case error_code when 'worker_lost' then 'The job had not ended when Galley took it over.'
      when 'internal' then coalesce(nullif(o->>'error_message', ''), nullif(o->>'last_error', ''), 'No reason was kept.')
    end,
    case when ended = 'failed' then true end, o->>'last_error', ${createdAt},
    case when ended = 'completed' then coalesce((o->>'started_at')::timestamptz, ${createdAt})
      else (o->>'started_at')::timestamptz end,
    case when error_code = 'worker_lost' then now()
      else coalesce((o->>'completed_at')::timestamptz, (o->>'last_updated')::timestamptz, ${createdAt}) end,
    coalesce((o->>'last_updated')::timestamptz, ${createdAt}), attempts,
    greatest(coalesce((o->>'max_attempts')::integer, 3), attempts, 1), 2
  from origin
  cross join lateral (select greatest(0, coalesce((o->>'attempts')::integer, 0)) as attempts) as counted
  -- There a job could stay pending while it ran, and after it had ended.
  cross join lateral (
    select case when o->>'status' = 'cancelled' then 'cancelled'
      when o->>'status' = 'completed' or o->>'phase' = 'completed' then 'completed' else 'failed' end as ended
  ) as fate
  cross join lateral (
    select case when ended <> 'failed' then null
      when o->>'status' = 'failed' or o->>'phase' = 'error' then 'internal' else 'worker_lost' end as error_code
  ) as reason
  on conflict do nothing returning *
), written as (
  insert into generation_job_events (job_id, id, at, type, data)
  select id, 1, created_at, 'submitted', '{}' from taken
  union all
  select id, 2, completed_at, status,
    case status
      when 'completed' then jsonb_build_object('articleId', article_id, 'wordCount', word_count, 'seoScore', seo_score,
        'cost', cost::text)
      when 'failed' then jsonb_build_object('error', jsonb_build_object('code', error_code, 'message', error_message,
        'retryable', error_retryable, 'phase', phase, 'attempt', attempts, 'providerRequestId', null))
      else '{}' end
  from taken
), linked as (
  -- One article per job: the newest job that completed it.
  update articles set job_id = newest.id from (
    select distinct on (article_id) article_id, id from taken
    where status = 'completed' and article_id is not null order by article_id, created_at desc
  ) as newest where articles.id = newest.article_id and articles.job_id is null`;
