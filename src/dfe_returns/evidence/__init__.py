"""What was sent, of whom, made from what, under which law: lineage, disclosures, rights, records and retention."""
