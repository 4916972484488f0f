"""Puts the helpers of this folder on the import path of the folders below it as well."""
