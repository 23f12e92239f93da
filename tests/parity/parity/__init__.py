"""belay beside docker compose: whether what belay leaves running is what compose would leave."""
