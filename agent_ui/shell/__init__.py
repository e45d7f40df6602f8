"""The frame around the pages: front door, navigation, palette, tours, shared templates."""
