"""Rules of the SSDA903 return, grouped by subject. Source: DfE, children looked after return validation rules of each year."""
