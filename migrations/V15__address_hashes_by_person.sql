-- Whoever is removed, and an organisation that goes, is looked for by id; the key begins with the hash.
CREATE INDEX address_hashes_tenant_id_idx ON platform.address_hashes (tenant_id, user_id);
