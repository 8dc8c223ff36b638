"""What a site has beyond its Markdown: explorer, charts, a page for each work, pictures."""
