"""The signed load client: connections, requests, retries."""
