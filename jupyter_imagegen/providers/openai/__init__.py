"""OpenAI's images API and all that speaks like it: what models take, what they cost, and the call."""
