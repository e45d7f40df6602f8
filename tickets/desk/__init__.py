"""Work of the operators on a ticket: drafts, filing, links, dispositions, complaints."""
