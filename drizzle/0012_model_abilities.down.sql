DROP TABLE model_abilities;
