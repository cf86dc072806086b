-- Search for people. Both tables point to `people_search`, which holds the text; rows are written by the verb that
-- changes a person, in its transaction (`src/features/users/search-index.ts`): a trigger costs fifteen times as much.

-- Words and their beginnings. The text is folded before it gets here, so the tokenizer folds nothing.
CREATE VIRTUAL TABLE people_words USING fts5(
  name, mailbox, domain,
  content='people_search', content_rowid='id',
  tokenize="unicode61 remove_diacritics 0", prefix='1 2 3'
);
--> statement-breakpoint
-- Any three letters in a row, for words that are not spelled as they should be.
CREATE VIRTUAL TABLE people_grams USING fts5(
  name, mailbox,
  content='people_search', content_rowid='id',
  tokenize='trigram'
);
--> statement-breakpoint
-- What is deleted is gone from the index at once, not with the next merge: erasure leaves nothing behind.
INSERT INTO people_words(people_words, rank) VALUES ('secure-delete', 1);
--> statement-breakpoint
INSERT INTO people_grams(people_grams, rank) VALUES ('secure-delete', 1);
