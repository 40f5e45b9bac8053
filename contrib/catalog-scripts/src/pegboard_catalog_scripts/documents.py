"""The GraphQL documents that are sent to the Admin API, by name."""

FIND_PRODUCT = """
query findProduct($handle: String!) {
  productByIdentifier(identifier: {handle: $handle}) {
    id
    media(first: 250) { nodes { id ... on MediaImage { image { url } } } }
  }
}
"""

SET_PRODUCT = """
mutation setProduct($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id handle }
    userErrors { code field message }
  }
}
"""

SET_METAFIELDS = """
mutation setMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id }
    userErrors { code field message }
  }
}
"""

DEFINE_METAFIELD = """
mutation defineMetafield($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id }
    userErrors { code field message }
  }
}
"""

LIST_IMAGES = """
query listImages($first: Int!, $after: String) {
  products(first: $first, after: $after) {
    nodes {
      id
      handle
      media(first: 100) {
        nodes { id ... on MediaImage { image { url width height } } }
        pageInfo { hasNextPage }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

DETACH_FILES = """
mutation detachFiles($files: [FileUpdateInput!]!) {
  fileUpdate(files: $files) {
    files { id }
    userErrors { code field message }
  }
}
"""
