-- SHA-256 of the public key that a used token certified: that key may repeat an enrolment whose answer was lost.
ALTER TABLE token ADD COLUMN key TEXT;
