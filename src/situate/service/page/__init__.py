"""The page: what people use instead of the API. `mounted` puts it into the application, one file builds each tab."""
