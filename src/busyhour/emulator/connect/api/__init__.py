"""Operations of the Connect and Participant APIs: requests in, resources and contacts changed, responses out."""
