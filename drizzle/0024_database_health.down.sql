DROP TABLE drift_repairs;
DROP TABLE database_sizes;
