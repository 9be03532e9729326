"""botocore's models at work: operations, validation, paging."""
