"""Services that moto serves, imported when first used."""
