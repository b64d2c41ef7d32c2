"""Rules of the SSDA903 return, grouped by subject. Source: DfE, SSDA903 validation rules of each year."""
