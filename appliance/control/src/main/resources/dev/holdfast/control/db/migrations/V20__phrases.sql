-- Texts as a code with parameters, JSON, beside their English: the console renders them in the reader's language. Null for texts
-- from before this version, and for those that have no code.
ALTER TABLE event ADD COLUMN phrase TEXT;
ALTER TABLE task ADD COLUMN reason_phrase TEXT;
ALTER TABLE suspension ADD COLUMN reason_phrase TEXT;
ALTER TABLE brake ADD COLUMN reason_phrase TEXT;
ALTER TABLE damage_healed ADD COLUMN what_phrase TEXT;
ALTER TABLE damage_healed ADD COLUMN how_phrase TEXT;
