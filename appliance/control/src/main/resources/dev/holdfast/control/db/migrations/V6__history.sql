
-- How full the appliance was, once an hour: for the forecast and the charts.
CREATE TABLE sample (
    at       INTEGER PRIMARY KEY,             -- ms since 1970
    used     INTEGER NOT NULL,                -- bytes on the volumes
    capacity INTEGER NOT NULL,                -- bytes that the volumes may take
    chunks   INTEGER NOT NULL
);
