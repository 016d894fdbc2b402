DROP TABLE provider_calls, generation_steps, generation_phases, generation_job_events,
  generation_job_tombstones, generation_jobs, articles, topics;
