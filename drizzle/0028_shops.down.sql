DROP TABLE publications;
DROP TABLE shops;
