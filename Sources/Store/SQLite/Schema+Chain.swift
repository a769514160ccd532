extension Schema {
    /// A transaction of one's own costs money: once it is signed, its bytes are what is sent, whatever happens. No row loses or
    /// changes it, and no checkpoint has two.
    static let chain = """
        ALTER TABLE anchor ADD COLUMN network TEXT;
        ALTER TABLE anchor ADD COLUMN txid TEXT CHECK (txid IS NULL OR (method = 'chainNode' AND length(txid) = 64));
        ALTER TABLE anchor ADD COLUMN raw_transaction BLOB CHECK ((raw_transaction IS NULL) = (txid IS NULL));
        ALTER TABLE anchor ADD COLUMN signed_at INTEGER CHECK ((signed_at IS NULL) = (txid IS NULL) AND (network IS NULL) = (txid IS NULL));
        ALTER TABLE anchor ADD COLUMN block_height INTEGER CHECK (block_height IS NULL OR txid IS NOT NULL);
        ALTER TABLE anchor ADD COLUMN block_hash TEXT CHECK ((block_hash IS NULL) = (block_height IS NULL));
        CREATE UNIQUE INDEX anchor_paid_once ON anchor (size) WHERE method = 'chainNode';
        CREATE TRIGGER anchor_transaction_is_kept BEFORE UPDATE ON anchor
            WHEN OLD.txid IS NOT NULL
                AND (NEW.txid IS NOT OLD.txid OR NEW.raw_transaction IS NOT OLD.raw_transaction OR NEW.network IS NOT OLD.network)
            BEGIN SELECT RAISE(ABORT, 'a checkpoint has one transaction, which is kept as it was signed'); END;
        CREATE TRIGGER anchor_transaction_is_not_deleted BEFORE DELETE ON anchor WHEN OLD.txid IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'a checkpoint has one transaction, which is kept as it was signed'); END;
        """
}
