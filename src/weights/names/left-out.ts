/** What CLIP and SigLIP have beside their vision tower, by the names of Hugging Face, OpenAI and open_clip. */
export const textTower = [
  /^(text_model\.|text_projection|logit_(scale|bias)$|text\.|transformer\.|token_embedding\.|positional_embedding$|ln_final\.)/,
  'the text tower',
] as const
